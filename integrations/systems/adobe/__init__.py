"""Adobe Commerce (Magento 2), on premises and in the cloud (PaaS), and as a service (SaaS)."""
